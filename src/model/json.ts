/** The object that a JSON text holds; undefined when it is anything else. Never throws. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string at a key; undefined when it is absent, empty or of another type. */
export function textAt(record: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = ownValue(record, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The object at a key; undefined when it is absent or of another type. */
export function objectAt(
  record: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = ownValue(record, key);
  return isObject(value) ? value : undefined;
}

/** The finite number at a key; undefined when it is absent or of another type. */
export function numberAt(
  record: Readonly<Record<string, unknown>>,
  key: string,
): number | undefined {
  const value = ownValue(record, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Whether a key holds `true`. */
export function isTrueAt(record: Readonly<Record<string, unknown>>, key: string): boolean {
  return ownValue(record, key) === true;
}

function ownValue(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Whether a value is a text with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
