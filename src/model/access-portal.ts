/** What the host of a start URL tells. */
export interface PortalHost {
  /** Whether it is AWS's own; else it is a company's, that may lead to one of those. */
  readonly isOfAws: boolean;
  /** The region that it names, if it does. */
  readonly region: string | undefined;
}

const suffixesOfAws = [
  'awsapps.com',
  'awsapps.cn',
  'app.aws',
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'amazonwebservices.com.cn',
  'amazonwebservices.eu',
];

/**
 * Reads the host of an access portal: `d-123.awsapps.com`, or with its region
 * `ssoins-123.portal.eu-west-1.app.aws` and `ssoins-123.eu-west-1.portal.amazonaws.com`.
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/multi-region-workforce-access.html
 */
export function portalHost({ hostname }: URL): PortalHost {
  const host = hostname.replace(/\.$/, '');
  const isOfAws = suffixesOfAws.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  const labels = host.split('.');
  const at = labels.indexOf('portal');
  const beside = at === -1 ? [] : [labels[at + 1], labels[at - 1]];
  const region = beside.find((label) => /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(label ?? ''));
  return { isOfAws, region: isOfAws ? region : undefined };
}
