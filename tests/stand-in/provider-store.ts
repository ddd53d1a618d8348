import type { Adapter, AdapterPayload } from 'oidc-provider';

/** What oidc-provider remembers, for as long as the process lives. */
export interface ProviderStore {
  readonly adapter: (model: string) => Adapter;
  /** Ends the grant that a refresh token belongs to, or all grants and browser sessions. */
  readonly end: (refreshToken?: string) => void;
}

/**
 * @param reuseLeewayS for how long the refresh token of a grant that was spent last does not count
 * as spent
 */
export function createProviderStore(reuseLeewayS: number): ProviderStore {
  const records = new Map<string, { readonly model: string; readonly payload: AdapterPayload }>();
  const lastSpent = new Map<string, { readonly id: string; readonly at: number }>();

  function adapter(model: string): Adapter {
    const keyOf = (id: string) => `${model}:${id}`;
    const findWhere = (name: 'uid' | 'userCode', value: string) => {
      for (const record of records.values())
        if (record.model === model && record.payload[name] === value) return record.payload;
      return undefined;
    };
    return {
      upsert: async (id, payload) => {
        records.set(keyOf(id), { model, payload });
      },
      find: async (id) => {
        const payload = records.get(keyOf(id))?.payload;
        if (payload === undefined || !isInLeeway(model, id, payload)) return payload;
        const { consumed: _notYet, ...rest } = payload;
        return rest;
      },
      findByUid: async (uid) => findWhere('uid', uid),
      findByUserCode: async (userCode) => findWhere('userCode', userCode),
      consume: async (id) => {
        const payload = records.get(keyOf(id))?.payload;
        if (payload === undefined) return;
        payload.consumed = Math.floor(Date.now() / 1000);
        const { grantId = '' } = payload;
        if (model === 'RefreshToken' && lastSpent.get(grantId)?.id !== id)
          lastSpent.set(grantId, { id, at: Date.now() });
      },
      destroy: async (id) => {
        records.delete(keyOf(id));
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, record] of records)
          if (record.model === model && record.payload.grantId === grantId) records.delete(key);
      },
    };
  }

  function isInLeeway(model: string, id: string, { grantId = '' }: AdapterPayload): boolean {
    const spent = lastSpent.get(grantId);
    if (model !== 'RefreshToken' || spent?.id !== id) return false;
    return Date.now() < spent.at + reuseLeewayS * 1000;
  }

  return {
    adapter,
    end: (refreshToken) => {
      if (refreshToken === undefined) {
        for (const [key, { model, payload }] of records)
          if (payload.grantId !== undefined || model === 'Grant' || model === 'Session')
            records.delete(key);
        return;
      }
      const grantId = records.get(`RefreshToken:${refreshToken}`)?.payload.grantId;
      if (grantId === undefined) throw new Error('this is no refresh token that is good');
      records.delete(`Grant:${grantId}`);
      for (const [key, { payload }] of records)
        if (payload.grantId === grantId) records.delete(key);
    },
  };
}
