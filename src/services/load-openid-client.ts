// This file must be loaded dynamically: it brings the OpenID Connect client with it.
export {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretPost,
  Configuration,
  clockTolerance,
  customFetch,
  discovery,
  genericGrantRequest,
  initiateDeviceAuthorization,
  None,
  refreshTokenGrant,
  type ServerMetadata,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client';
