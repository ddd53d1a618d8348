/** A path as a person reads it: what is below the home directory begins with `~`. */
export function displayPath(path: string, home: string | undefined): string {
  const prefix = home?.replace(/[/\\]+$/, '');
  if (!prefix || !path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  return /^[/\\]/.test(rest) ? `~${rest}` : path;
}
