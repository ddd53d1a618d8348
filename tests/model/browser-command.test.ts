import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { browserCommands, withUrl } from '../../src/model/browser-command.ts';

const url = 'https://example.com/authorize?a=1&b=2';

describe('BROWSER', () => {
  test.each<[string, readonly string[]]>([
    ['', []],
    ['   ', []],
    [':', []],
    ['firefox', ['firefox']],
    ['firefox:chromium', ['firefox', 'chromium']],
    [' firefox -P work : chromium ', ['firefox -P work', 'chromium']],
    ['/usr/bin/firefox', ['/usr/bin/firefox']],
    ['/usr/bin/firefox:/usr/bin/chromium', ['/usr/bin/firefox', '/usr/bin/chromium']],
    ['firefox:/usr/bin/chromium %s', ['firefox', '/usr/bin/chromium %s']],
    ['C:\\browser.exe', ['C:\\browser.exe']],
    ['"C:\\Program Files\\b.exe" %s', ['"C:\\Program Files\\b.exe" %s']],
    ['C:/browser.exe:firefox', ['C:/browser.exe', 'firefox']],
    ['firefox:D:\\browser.exe', ['firefox', 'D:\\browser.exe']],
    ['firefox --proxy http://127.0.0.1/', ['firefox --proxy http://127.0.0.1/']],
    ['none', []],
    ['true', []],
    ['/bin/true', []],
    ['echo %s', []],
    ['/usr/bin/echo %s', []],
    ['w3m', []],
    ['/usr/bin/lynx -accept_all_cookies', []],
    ['www-browser:links:elinks', []],
    ['lynx:firefox', ['firefox']],
    ['trueish', ['trueish']],
  ])('%j names %j', (value, commands) => {
    expect(browserCommands(value)).toEqual(commands);
  });
});

describe('a command with a URL', () => {
  test.each<[string, readonly string[] | undefined]>([
    ['firefox', ['firefox', url]],
    ['firefox -P work', ['firefox', '-P', 'work', url]],
    ['firefox -P work {url} --new', ['firefox', '-P', 'work', url, '--new']],
    ['firefox %s', ['firefox', url]],
    ['firefox --open=%s', ['firefox', `--open=${url}`]],
    ["firefox '%s'", ['firefox', url]],
    ['firefox "%s" %s', ['firefox', url, url]],
    ['"/opt/my browser/run" -P "a b"', ['/opt/my browser/run', '-P', 'a b', url]],
    ["firefox -P 'it\"s'", ['firefox', '-P', 'it"s', url]],
    ['firefox -P "it\'s"', ['firefox', '-P', "it's", url]],
    ['firefox --a="b c"d', ['firefox', '--a=b cd', url]],
    ['firefox ""', ['firefox', '', url]],
    ['"C:\\Program Files\\b.exe"', ['C:\\Program Files\\b.exe', url]],
    ['', undefined],
    ['   ', undefined],
  ])('%j becomes its words', (command, words) => {
    expect(withUrl(command, url)).toEqual(words);
  });

  test('is words where a shell would run something', () => {
    const words = ['firefox', '$(touch', 'x)', '`id`', '$HOME', '~', ';', 'rm', '*', '|', '&'];
    expect(withUrl(words.join(' '), url)).toEqual([...words, url]);
  });

  const commandText = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'firefox',
          ' ',
          '%s',
          '{url}',
          '"',
          "'",
          '$',
          '`',
          ';',
          '|',
          '&',
          '\\',
          ':',
        ),
        fc.string({ maxLength: 4 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''));

  test('is the same command for every URL: none can add a word or change one', () => {
    const nastyUrl = fc.constantFrom(
      "https://example.com/?x=$&$`$'$$",
      'https://example.com/?x={url}',
      'https://example.com/?x=%s',
      'https://example.com/?a=1;rm%20-rf%20&`id`|$(id)',
      'https://example.com/?a=\'"',
    );
    fc.assert(
      fc.property(commandText, nastyUrl, (command, nasty) => {
        const marked = withUrl(command, 'MARK');
        expect(withUrl(command, nasty)).toEqual(
          marked?.map((word) => word.split('MARK').join(nasty)),
        );
      }),
    );
  });

  test('has the URL in it, and the program stays what it is', () => {
    fc.assert(
      fc.property(commandText, (command) => {
        const words = withUrl(command, url);
        if (words === undefined) return;
        const [program, ...rest] = words;
        expect(program).not.toContain(url);
        expect(rest.some((word) => word.includes(url))).toBe(true);
      }),
    );
  });
});
