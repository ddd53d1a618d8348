/** Ends the process as Ctrl-C does where no question is open: by the signal, for the shell to see. */
export async function interrupt(platform: NodeJS.Platform): Promise<never> {
  if (platform !== 'win32') process.kill(process.pid, 'SIGINT');
  return await new Promise<never>(() => {
    // The signal may be handled first by whoever has something to tidy up.
    setTimeout(() => process.exit(130), platform === 'win32' ? 0 : 1_000);
  });
}
