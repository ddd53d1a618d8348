import { SsoCredError } from '../model/errors.ts';

/** What was given on a command line, checked. Its methods throw InvalidUsage. */
export class Given {
  /** The words beside the options, as many as the command takes. */
  readonly operands: readonly string[];
  /** The words after a `--`, of a command that takes them. */
  readonly rest: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(
    values: Readonly<Record<string, unknown>>,
    operands: readonly string[],
    rest: readonly string[],
  ) {
    this.#values = values;
    this.operands = operands;
    this.rest = rest;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    if (Array.isArray(value)) throw new SsoCredError('InvalidUsage', `--${name} is given twice`);
    if (value === '') throw new SsoCredError('InvalidUsage', `--${name} is empty`);
    return value === undefined ? undefined : String(value);
  }

  /** All values of an option that may be given more than once. */
  texts(name: string): readonly string[] {
    const values = [this.#values[name] ?? []].flat().map(String);
    if (values.includes('')) throw new SsoCredError('InvalidUsage', `--${name} is empty`);
    return values;
  }

  flag(name: string): boolean {
    return this.text(name) === 'true';
  }

  timeoutS(): number {
    const value = this.text('timeout') ?? '';
    const number = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    if (number >= 1 && number <= 3600) return number;
    throw new SsoCredError('InvalidUsage', '--timeout takes whole seconds from 1 to 3600');
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    const found = allowed.find((each) => each === value);
    if (value === undefined || found !== undefined) return found;
    throw new SsoCredError('InvalidUsage', `--${name} takes one of ${allowed.join(', ')}`);
  }
}
