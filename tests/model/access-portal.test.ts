import { expect, test } from '@jest/globals';
import { portalHost } from '../../src/model/access-portal.ts';

test.each<[url: string, isOfAws: boolean, region: string | undefined]>([
  ['https://d-9067abcdef.awsapps.com/start', true, undefined],
  ['https://corp.awsapps.com/start#/', true, undefined],
  ['https://my-company-1.awsapps.com/start', true, undefined],
  ['https://start.home.awsapps.cn/directory/d-1', true, undefined],
  ['https://start.us-gov-home.awsapps.com/directory/d-1', true, undefined],
  ['https://ssoins-1234.portal.eu-west-1.app.aws', true, 'eu-west-1'],
  ['https://ssoins-1234.PORTAL.us-gov-west-1.app.aws.', true, 'us-gov-west-1'],
  ['https://ssoins-111111h2222j33pp.eu-west-1.portal.amazonaws.com', true, 'eu-west-1'],
  ['https://ssoins-1.cn-north-1.portal.amazonaws.com.cn', true, 'cn-north-1'],
  ['https://ssoins-1.portal.cn-north-1.app.amazonwebservices.com.cn', true, 'cn-north-1'],
  ['https://ssoins-1.eusc-de-east-1.portal.amazonaws.eu', true, 'eusc-de-east-1'],
  ['https://identitycenter.amazonaws.com/ssoins-1234', true, undefined],
  ['https://identitycenter.us-gov.amazonaws.com/ssoins-1234', true, undefined],
  ['https://aws.acme.example', false, undefined],
  ['https://portal.eu-west-1.acme.example', false, undefined],
  ['https://awsapps.com.acme.example/start', false, undefined],
  ['https://notawsapps.com/start', false, undefined],
])('%s is of AWS: %s, in the region %s', (url, isOfAws, region) => {
  expect(portalHost(new URL(url))).toEqual({ isOfAws, region });
});
