/** How a call may sign in: as fits the place, in a certain way, or not at all. */
export type SignInPolicy = 'auto' | 'browser' | 'device' | 'never';

export const signInPolicies: readonly SignInPolicy[] = ['auto', 'browser', 'device', 'never'];
