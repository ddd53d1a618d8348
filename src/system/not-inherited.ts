/** Variables that would change what a program that we start runs, or make it run us in a circle. */
export const notInherited: readonly string[] = ['NODE_OPTIONS', 'BUN_OPTIONS', 'BUN_BE_BUN'];
