/** Why there is no token where nobody has signed in, as the end of a sentence. */
export const noSuchFile = 'there is no such file';
