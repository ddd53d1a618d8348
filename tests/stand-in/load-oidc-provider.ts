let loading: Promise<typeof import('oidc-provider')> | undefined;

/**
 * Loads oidc-provider, which takes a while. It warns on the console of each release of Node.js that
 * it does not support; what others say there meanwhile passes.
 */
export function loadOidcProvider(): Promise<typeof import('oidc-provider')> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof import('oidc-provider')> {
  const { warn } = console;
  console.warn = (...words: readonly unknown[]) => {
    if (!String(words[0]).includes('oidc-provider WARNING: Unsupported runtime'))
      warn.apply(console, [...words]);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}
