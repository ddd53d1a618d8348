/**
 * How bun makes the executable. As CommonJS the bytecode breaks on the import.meta of yargs, and
 * without chunks every start reads the whole program. A hundred times later than usual is code
 * compiled for the processor: our calls are over before that pays. Without the autoload flags an executable loads
 * `.env` from, and executes what `bunfig.toml` names in, whatever directory it is started in.
 */
export const compileFlags = [
  '--compile',
  '--minify',
  '--bytecode',
  '--format=esm',
  '--splitting',
  '--compile-jit-policy=100',
  '--no-compile-autoload-dotenv',
  '--no-compile-autoload-bunfig',
  '--no-compile-autoload-tsconfig',
  '--no-compile-autoload-package-json',
];
