import { describe, expect, test } from '@jest/globals';
import { httpOnlyProxy, proxyFor } from '../../src/model/proxy.ts';
import type { Environment } from '../../src/world.ts';

const sso = new URL('https://portal.sso.eu-west-1.amazonaws.com/federation/credentials');
const href = (env: Environment, target = sso) => proxyFor(target, env)?.url.href;

describe('the proxy of a request', () => {
  test.each<[string, Environment, string | undefined]>([
    ['there is none', {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'http://a:3128' }, 'http://a:3128/'],
    ['https_proxy', { https_proxy: 'http://a:3128' }, 'http://a:3128/'],
    [
      'the one in lower case wins',
      { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' },
      'http://b:2/',
    ],
    ['an empty one counts as unset', { HTTPS_PROXY: 'http://a:1', https_proxy: '' }, 'http://a:1/'],
    [
      'HTTP_PROXY is for plain http',
      { HTTP_PROXY: 'http://a:1', http_proxy: 'http://a:1' },
      undefined,
    ],
    ['a proxy that speaks TLS', { HTTPS_PROXY: 'https://a' }, 'https://a/'],
    ['without a scheme it is http', { HTTPS_PROXY: 'a.example:3128' }, 'http://a.example:3128/'],
    ['an address', { HTTPS_PROXY: '10.0.0.1:3128' }, 'http://10.0.0.1:3128/'],
    ['an address of version 6', { HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'http://[fd00::1]:3128/'],
    ['with user and password', { HTTPS_PROXY: 'jane:p%40ss@a:3128' }, 'http://jane:p%40ss@a:3128/'],
    [
      'NO_PROXY takes the host out',
      { HTTPS_PROXY: 'http://a:1', NO_PROXY: '.amazonaws.com' },
      undefined,
    ],
    [
      'no_proxy wins over NO_PROXY',
      { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*', no_proxy: 'x.test' },
      'http://a:1/',
    ],
    [
      'an empty no_proxy counts as unset',
      { HTTPS_PROXY: 'http://a:1', NO_PROXY: '*', no_proxy: '' },
      undefined,
    ],
    [
      'what is exempt does not need a proxy that makes sense',
      { HTTPS_PROXY: 'socks5://a', NO_PROXY: '*' },
      undefined,
    ],
  ])('%s', (_rule, env, expected) => {
    expect(href(env)).toBe(expected);
  });

  test.each([
    'http://localhost:4566',
    'https://localhost:8443',
    'https://127.0.0.1',
    'https://[::1]',
  ])('is none for this machine: %s', (target) => {
    const env = { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://a:1' };
    expect(href(env, new URL(target))).toBeUndefined();
  });

  test('is known with the variable that names it', () => {
    expect(proxyFor(sso, { https_proxy: 'a:1' })?.variable).toBe('https_proxy');
  });

  test.each([
    ['http://', 'is no URL'],
    ['http://a:notaport', 'is no URL'],
    ['http://jane:s3cret#1@a:3128', 'is no URL'],
    ['http://jane:s3cret%zz@a:3128', 'is no URL'],
    ['socks5://jane:s3cret@a:1080', 'names a proxy of the kind socks5'],
    ['ftp://jane:s3cret@a', 'names a proxy of the kind ftp'],
  ])('cannot be %s, and no secret of it is told', (value, what) => {
    let error: unknown;
    try {
      href({ HTTPS_PROXY: value });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'InvalidConfig' });
    const { message } = error as Error;
    expect(message).toMatch(new RegExp(`^HTTPS_PROXY ${what}`));
    expect(message).not.toMatch(/s3cret|jane/);
  });
});

test.each<[Environment, string | undefined]>([
  [{}, undefined],
  [{ HTTP_PROXY: 'http://a' }, 'HTTP_PROXY'],
  [{ http_proxy: 'http://a' }, 'http_proxy'],
  [{ http_proxy: 'http://a', HTTPS_PROXY: 'http://a' }, undefined],
])('a proxy for plain http alone is found out: %j', (env, variable) => {
  expect(httpOnlyProxy(env)).toBe(variable);
});
