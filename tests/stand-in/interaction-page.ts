import type { InteractionResults, default as Provider } from 'oidc-provider';
import { showPage } from './provider-configuration.ts';
import type { ProviderContext } from './provider-context.ts';
import { escapeMarkup } from './wire.ts';

/** Who signs in, and where the provider is below its host. */
export interface InteractionOptions {
  readonly subject: string;
  readonly issuerPath: string;
}

/** The page of a prompt (login, then consent), and what its buttons do. */
export async function answerInteraction(
  provider: Provider,
  context: ProviderContext,
  form: URLSearchParams,
  { subject, issuerPath }: InteractionOptions,
): Promise<void> {
  const { req, res } = context;
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  const clientId = String(params['client_id']);
  const scope = String(params['scope']);

  if (context.method === 'GET') {
    const isLogin = prompt.name === 'login';
    showPage(
      context,
      isLogin ? `Sign in as ${subject}?` : `Allow ${clientId} to access your data?`,
      `<p>Scopes: ${escapeMarkup(scope)}</p>
<form method="post" action="${issuerPath}${context.path}">
<button name="decision" value="allow">Yes</button>
<button name="decision" value="deny">No</button></form>`,
    );
    return;
  }

  async function result(): Promise<InteractionResults> {
    if (form.get('decision') !== 'allow')
      return { error: 'access_denied', error_description: 'The user denied the request' };
    if (prompt.name === 'login') return { login: { accountId: subject } };
    const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    const accountId = session?.accountId ?? subject;
    const grant = known ?? new provider.Grant({ clientId, accountId });
    grant.addOIDCScope(scope);
    return { consent: { grantId: await grant.save() } };
  }
  context.redirect(await provider.interactionResult(req, res, await result()));
  context.status = 303;
}
