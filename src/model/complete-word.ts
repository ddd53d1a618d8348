/** The first word by which the scripts of `completion` ask what could come next; nobody types it. */
export const completeWord = '__complete';
