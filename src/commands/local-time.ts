/** A time as a person reads it on this machine: `05:59`, on another day than today `2026-11-22 05:59`. @param ms epoch milliseconds */
export function localTime(ms: number, now: number): string {
  const day = dayOf(ms);
  const time = new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return day === dayOf(now) ? time : `${day} ${time}`;
}

/** YYYY-MM-DD, in the local time zone: the Swedish way to write a date. */
function dayOf(ms: number): string {
  return new Date(ms).toLocaleDateString('sv-SE');
}
