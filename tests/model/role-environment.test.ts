import { expect, test } from '@jest/globals';
import { applyRoleEnvironment, roleEnvironment } from '../../src/model/role-environment.ts';

const output = JSON.stringify({
  Version: 1,
  AccessKeyId: 'ASIAX',
  SecretAccessKey: 'secret',
  SessionToken: 'token',
  Expiration: '2026-11-21T05:59:52Z',
  AccountId: '111122223333',
});

test('on Windows a variable is dropped however it is written', () => {
  const caller = { aws_profile: 'dev', Aws_Region: 'x', Aws_Container_New: 'x', Path: 'C:\\' };
  const role = roleEnvironment(output, 'eu-west-1', caller);
  expect(applyRoleEnvironment(role, caller, 'win32')).toEqual({ Path: 'C:\\', ...role.set });
  expect(applyRoleEnvironment(role, caller, 'linux')).toEqual({ ...caller, ...role.set });
});
