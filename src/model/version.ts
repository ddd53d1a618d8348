/** The version of this program; that of package.json, which scripts/check-package.ts compares. */
export const version = '0.1.0';
