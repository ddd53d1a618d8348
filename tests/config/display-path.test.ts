import { describe, expect, test } from '@jest/globals';
import { displayPath } from '../../src/config/display-path.ts';

describe('displayPath', () => {
  test.each([
    ['/home/u/.aws/config', '/home/u', '~/.aws/config'],
    ['/home/u/.aws/config', '/home/u/', '~/.aws/config'],
    ['C:\\Users\\u\\.aws\\config', 'C:\\Users\\u', '~\\.aws\\config'],
    ['/home/ursula/.aws/config', '/home/u', '/home/ursula/.aws/config'],
    ['/etc/aws/config', '/home/u', '/etc/aws/config'],
    ['/etc/aws/config', '/', '/etc/aws/config'],
    ['/etc/aws/config', undefined, '/etc/aws/config'],
  ])('%s with the home %s is %s', (path, home, expected) => {
    expect(displayPath(path, home)).toBe(expected);
  });
});
