import { writeOut } from '../../src/system/write-out.ts';

// Writes a character so many times, between two that tell where the text begins and ends.
const [character = '', count = ''] = process.argv.slice(2);
writeOut(1, `<${character.repeat(Number(count))}>`);
