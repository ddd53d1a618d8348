/**
 * What every SDK reads alike, and so all that we write: names of ASCII letters, digits and
 * `_.@+%:/-` (the JavaScript SDK's set is the smallest); not beginning with a dash, which a command
 * line would take for an option.
 */
export function isPortableName(name: string): boolean {
  return /^[A-Za-z0-9_.@+%:/][A-Za-z0-9_.@+%:/-]*$/.test(name);
}

/** A key in lower case: the JavaScript SDK minds the case, the others fold it. */
export function isPortableKey(key: string): boolean {
  return /^[a-z0-9_]+$/.test(key);
}

/**
 * A value of one line that no SDK takes for a comment, or takes one to begin in it; not empty, which
 * would begin a nested section.
 */
export function isPortableValue(value: string): boolean {
  if (value === '' || value.trim() !== value) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]|(?:^|\s)[#;]/.test(value);
}
