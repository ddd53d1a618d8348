import type { SessionName } from '../flow/session-kind.ts';
import type { SignInShown } from '../model/pending-record.ts';

/** How `login` has to speak of a sign-in. */
interface Situation {
  /** Whether the terminal is read for the redirect. */
  readonly canPaste: boolean;
  /** Whether it was begun already: then no browser opens now. */
  readonly isJoined: boolean;
}

/** What `login` says while it waits. */
export function signInInstructions(
  shown: SignInShown,
  { name }: SessionName,
  { canPaste, isJoined }: Situation,
): string {
  const how = shown.kind === 'device' ? 'by device code' : 'in your browser';
  const heading = isJoined
    ? `A sign-in to the session ${name} ${how} was begun already.`
    : `Signing in to the session ${name} ${how}.`;
  const isOpening = shown.isOpened && !isJoined;
  if (shown.kind === 'device') {
    const { verificationUri, verificationUriComplete, userCode } = shown;
    return [
      heading,
      isOpening ? 'Your browser opens. If it does not, go to' : 'In any browser, go to',
      `  ${verificationUri}`,
      'and enter the code',
      `  ${userCode}`,
      ...(verificationUriComplete === verificationUri || isOpening
        ? []
        : ['or open', `  ${verificationUriComplete}`]),
      isJoined
        ? 'Go on only if it was you, or a program of yours, who started this.'
        : 'Go on only if it was you who started this.',
      '',
    ].join('\n');
  }
  const { url, isOpened } = shown;
  const port = portOfRedirect(url);
  const where = isJoined ? 'If you do not find its page, go to' : 'If no page opens, go to';
  return [
    heading,
    isOpened ? where : 'In a browser of this machine, go to',
    `  ${url}`,
    ...(canPaste
      ? [
          'If your browser is on another machine, either forward the port first:',
          `  ssh -L ${port}:127.0.0.1:${port} THIS_MACHINE`,
          'or copy the address of the page that cannot be shown at the end, and paste it here.',
        ]
      : []),
    '',
  ].join('\n');
}

/** The port that the browser comes back to. */
function portOfRedirect(url: string): string {
  const redirectUri = new URL(url).searchParams.get('redirect_uri') ?? '';
  return URL.canParse(redirectUri) ? new URL(redirectUri).port : '';
}
