import { flushPromises, mount } from '@vue/test-utils';
import { afterEach, describe, expect, it } from 'vitest';
import type { SessionAnswer } from '@/core/contract';
import { err, ok } from '@/core/util/result';
import { loginUrl } from '@/app/signedOut';
import { targetOf } from '@/app/signIn';
import AccountLine from '@/panels/shell/AccountLine.vue';
import RecorderLine from '@/panels/Replay/RecorderLine.vue';
import { createAccessApi } from '@/service/access';
import { createApi } from '@/service/api';
import type { FetchLike } from '@/service';
import LoginView from '@/views/LoginView.vue';
import { mountPanel } from '../panels/support';

const nobody: SessionAnswer = { mode: 'token', role: null, via: null, csrf: null, expires_in_ms: null };
const viewer: SessionAnswer = { mode: 'token', role: 'viewer', via: 'cookie', csrf: 'c', expires_in_ms: 1 };
type Props = InstanceType<typeof LoginView>['$props'];
afterEach(() => { document.body.innerHTML = ''; });

async function login(over: Partial<Props> = {}) {
  const went: string[] = [];
  const props = { server: 'host', out: false, session: () => Promise.resolve(ok(nobody)), signIn: () => Promise.resolve(ok(viewer)), go: () => void went.push('on'), ...over } as Props;
  const view = mount(LoginView, { props, attachTo: document.body });
  await flushPromises();
  const enter = async (token: string): Promise<void> => {
    await view.get('#token').setValue(token);
    await view.get('form').trigger('submit');
    await flushPromises();
  };
  return { view, went, enter, problem: () => view.get('#problem').text() };
}

describe('the sign-in page', () => {
  it('goes on when the token is right and the browser keeps the session; with the focus in the field, the token hidden', async () => {
    let kept = false;
    const asked: string[] = [];
    const { view, went, enter } = await login({ session: () => Promise.resolve(ok(kept ? viewer : nobody)), signIn: (token: string) => { asked.push(token); kept = true; return Promise.resolve(ok(viewer)); } });
    expect([document.activeElement?.id, view.get('#token').attributes('type')]).toEqual(['token', 'password']);
    await enter(' secret ');
    expect([asked, went]).toEqual([['secret'], ['on']]);
  });

  it.each([
    ['unauthorized', 'x', /not known here/], ['rate_limited', 'Too many messages: try again in 30 s', /try again in 30 s/], ['unreachable', 'The server did not answer', /did not answer.*Try again/], ['not_possible', 'x', /Nobody needs to sign in/],
  ])('says what is wrong: %s', async (code, words, said) => {
    const { went, enter, problem } = await login({ signIn: () => Promise.resolve(err({ code, words })) });
    await enter('x');
    expect(problem()).toMatch(said);
    expect(went).toEqual([]);
  });

  it('says when the browser keeps no cookie, instead of going round in a circle', async () => {
    const { went, enter, problem } = await login();
    await enter('right');
    expect([problem(), went]).toEqual(['This browser did not keep the sign-in. Allow cookies for this address and try again.', []]);
  });

  it('asks for nothing when somebody is signed in already, and goes nowhere by itself', async () => {
    const { view, went } = await login({ session: () => Promise.resolve(ok(viewer)), out: true });
    expect([view.find('#token').exists(), went]).toEqual([false, []]);
    await view.get('button').trigger('click');
    expect(went).toEqual(['on']);
  });
});

describe('where the sign-in leads', () => {
  const base = new URL('https://host.example/app/');
  it.each([
    ['/app/market/BTC%2FUSDT?x=1#y', 'https://host.example/app/market/BTC%2FUSDT?x=1#y'], ['/app/replay/0123456789ab/market', 'https://host.example/app/replay/0123456789ab/market'], ['', 'https://host.example/app/'],
    ['https://evil.example/', 'https://host.example/app/'], ['//evil.example/app/', 'https://host.example/app/'], ['/\\evil.example', 'https://host.example/app/'], ['javascript:alert(1)', 'https://host.example/app/'],
    ['/other/', 'https://host.example/app/'], ['/app/../other', 'https://host.example/app/'], ['/app/login?to=/app/login', 'https://host.example/app/'], ['http://host.example/app/', 'https://host.example/app/'],
  ])('%s leads to %s', (to, target) => expect(targetOf(`?to=${encodeURIComponent(to)}`, base)).toBe(target));

  it('and back: the room of a replay has no sign-in page of its own', () => {
    expect(loginUrl(base, new URL('https://host.example/app/market?a=1#b')).href).toBe('https://host.example/app/login?to=%2Fapp%2Fmarket%3Fa%3D1%23b');
    expect(loginUrl(new URL('https://h.example/replay/0123456789ab/'), new URL('https://h.example/replay/0123456789ab/market')).href).toBe('https://h.example/login?to=%2Freplay%2F0123456789ab%2Fmarket');
  });
});

describe('who is signed in', () => {
  it('is told with the way out; nothing where nobody needs to sign in', async () => {
    const out: number[] = [];
    const signOut = () => { out.push(1); return Promise.resolve(err({ code: 'unreachable', words: 'The server did not answer' })); };
    const { wrapper } = await mountPanel(AccountLine, { access: { session: () => Promise.resolve(ok(viewer)), signOut } });
    await flushPromises();
    expect(wrapper.text()).toContain('as viewer: reading only');
    await wrapper.get('button').trigger('click');
    await flushPromises();
    expect([out.length, wrapper.text()]).toEqual([1, expect.stringContaining('Not signed out: The server did not answer')]);
    const open = await mountPanel(AccountLine, { access: { session: () => Promise.resolve(ok({ ...viewer, mode: 'none' as const, role: 'admin' as const })) } });
    await flushPromises();
    expect(open.wrapper.text()).toBe('');
  });

  it.each([['viewer', 0], ['admin', 2]] as const)('a %s is offered %i buttons of the recorder', async (role, buttons) => {
    const answer = { running: null, recent: null, bytes: 0, max_bytes: 1, files: [], replays: [], most: 1, problem: '' };
    const { wrapper } = await mountPanel(RecorderLine, { props: { answer, busy: null }, access: { session: () => Promise.resolve(ok({ ...viewer, role })) } });
    await flushPromises();
    expect(wrapper.findAll('button')).toHaveLength(buttons);
  });
});

describe('requests that change something', () => {
  /** A server that gives cross-site tokens, the next one after each refusal. */
  function server(refuseFirst = 0) {
    const asked: { method: string; path: string; csrf: string | undefined }[] = [];
    let given = 0;
    const answer = (status: number, body: unknown) => Promise.resolve({ ok: status < 400, status, json: () => Promise.resolve(body) });
    const get: FetchLike = (url, init) => {
      const path = new URL(url).pathname;
      asked.push({ method: init.method ?? 'GET', path, csrf: init.headers['x-csrftoken'] });
      if (path.endsWith('/session')) return answer(200, { ...viewer, csrf: `token-${++given}` });
      return refuseFirst-- > 0 ? answer(403, { error: { code: 'forbidden', message: 'no' } }) : answer(200, null);
    };
    return { asked, get };
  }
  const gone = new AbortController().signal;

  it('carry the cross-site token, asked for once; reading needs none', async () => {
    const { asked, get } = server();
    const api = createApi('https://h.example/', get);
    await api.venues(gone);
    await api.switchVenue('okx', 'stop', gone);
    await api.switchVenue('okx', 'start', gone);
    expect(asked.map(({ method, path, csrf }) => `${method} ${path} ${csrf ?? '-'}`)).toEqual([
      'GET /api/v1/venues -', 'GET /api/v1/session -', 'POST /api/v1/venues/okx/stop token-1', 'POST /api/v1/venues/okx/start token-1',
    ]);
  });

  it('ask for a new one when it is refused, once: somebody may have signed in anew in another tab', async () => {
    const { asked, get } = server(1);
    await createAccessApi('https://h.example/', get).signOut(gone);
    expect(asked.map(({ path, csrf }) => `${path} ${csrf ?? '-'}`)).toEqual(['/api/v1/session -', '/api/v1/logout token-1', '/api/v1/session -', '/api/v1/logout token-2']);
    const never = server(9);
    expect(await createAccessApi('https://h.example/', never.get).signOut(gone)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(never.asked).toHaveLength(4);
  });
});
