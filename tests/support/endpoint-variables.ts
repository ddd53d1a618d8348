import type { StandIn } from '../stand-in/stand-in.ts';

/** The environment in which the stand-in is AWS for profiles that name no endpoint, as new ones do. */
export function endpointVariables({ endpoints }: Pick<StandIn, 'endpoints'>) {
  return {
    AWS_ENDPOINT_URL_SSO: endpoints.sso,
    AWS_ENDPOINT_URL_SSO_OIDC: endpoints.ssoOidc,
    AWS_ENDPOINT_URL_STS: endpoints.sts,
  };
}
