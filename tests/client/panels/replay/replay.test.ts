import { mount } from '@vue/test-utils';
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { nextTick } from 'vue';
import { REPLAYS, roomOf, type ReplayApi } from '@/composables/useReplays';
import type { ReplayCommand, ReplayInfo } from '@/core/contract';
import { err, ok } from '@/core/util/result';
import RecorderLine from '@/panels/Replay/RecorderLine.vue';
import ReplayBar from '@/panels/Replay/ReplayBar.vue';
import { bytesWords, kindWords, lengthWords, stateWords, verdictWords } from '@/panels/Replay/replayWords';
import { waitFor } from '../../../support/waitFor';

const T0 = Date.parse('2024-08-08T23:54:00Z');
const INFO: ReplayInfo = {
  id: 'abcdefgh1234', file: 'recordings/day.parquet', words: 'a simulated market', state: 'playing', speed: 1, time: T0 + 61_000, from: T0, to: T0 + 372_000, events: 10, total: 100, seq: 10,
  progress: null, corrupt: 0, problem: '', exact: true, endHash: 'abc', app: '0.1.0', serverApp: '0.1.0',
};

beforeEach(() => setActivePinia(createPinia()));

describe('words of recordings and replays', () => {
  it.each([[0, '0 s'], [59_400, '59 s'], [61_000, '1 min 1 s'], [3_600_000, '1 h'], [90_061_000, '1 d 1 h'], [null, '']])('%s ms is "%s"', (ms, words) => {
    expect(lengthWords(ms)).toBe(words);
  });
  it.each([[0, '0 B'], [812, '812 B'], [1_234, '1.2 kB'], [99_000_000, '99.0 MB'], [5e12, '5000 GB']])('%s bytes are "%s"', (bytes, words) => expect(bytesWords(bytes)).toBe(words));
  it('a simulated market is never called a live one', () => {
    const of = (mode: string, report = false) => kindWords({ kind: 'own', mode, report, exact: false });
    expect(of('simulated')).toBe('Simulated market');
    expect(of('simulated', true)).toBe('Bug report: simulated market');
    expect(of('mixed')).toMatch(/simulated/);
    expect(of('something new')).not.toMatch(/live/i);
  });
  it('says what the replay does, and whether the end is that of the recorded server', () => {
    expect(stateWords({ ...INFO, state: 'seeking', progress: 0.416 })).toBe('Going there: 41 %');
    expect(stateWords({ ...INFO, state: 'ended', problem: 'the file is damaged' })).toMatch(/ends early: the file is damaged/);
    expect(verdictWords(INFO, 'abc')).toBeNull();
    const ended = { ...INFO, state: 'ended' as const };
    expect(verdictWords(ended, 'abc')).toEqual({ text: 'Same state as the recorded server', good: true });
    expect(verdictWords({ ...ended, app: '0.0.9' }, 'xyz')).toEqual({ text: 'Not the state of the recorded server, which had version 0.0.9', good: false });
    expect(verdictWords({ ...ended, endHash: null }, 'xyz')).toBeNull();
  });
  it('finds the room in the address of the server', () => {
    expect(roomOf('http://h:8000/replay/0123456789ab/')).toEqual({ room: '0123456789ab', home: 'http://h:8000/' });
    expect(roomOf('https://h/desk/replay/0123456789ab/')).toEqual({ room: '0123456789ab', home: 'https://h/desk/' });
    for (const server of ['http://h:8000/', 'http://h/replay/', 'http://h/replay/ABC/', 'http://h/replay/../x/']) expect(roomOf(server)).toEqual({ room: null, home: server });
  });
});

function api(answers: { info: () => ReturnType<ReplayApi['info']>; sent: ReplayCommand[] }): ReplayApi {
  const none = (): Promise<never> => new Promise(() => undefined);
  return {
    recordings: none, record: none, remove: none, report: none, open: none, close: none, info: answers.info, hash: () => Promise.resolve(ok({ hash: 'abc', seq: 10, time: T0 })),
    command: (command) => {
      answers.sent.push(command);
      return Promise.resolve(ok(INFO));
    },
  };
}
function bar(info: () => ReturnType<ReplayApi['info']>) {
  const sent: ReplayCommand[] = [];
  const load = () => Promise.resolve(api({ info, sent }));
  return { sent, wrapper: mount(ReplayBar, { global: { provide: { [REPLAYS as symbol]: { room: 'abcdefgh1234', home: 'http://h/', rest: () => () => undefined, load } } } }) };
}

describe('the bar of a replay', () => {
  it('says REPLAY, the time of the recording and what it is, and obeys', async () => {
    const { wrapper, sent } = bar(() => Promise.resolve(ok(INFO)));
    await waitFor(() => wrapper.find('button[aria-label="Pause"]').exists());
    expect(wrapper.text()).toContain('REPLAY');
    expect(wrapper.text()).toMatch(/23:55:01/);
    expect(wrapper.text()).toContain('a simulated market');
    expect(wrapper.text()).toContain('1 min 1 s of 6 min 12 s');
    await wrapper.get('button[aria-label="Pause"]').trigger('click');
    await wrapper.get('button[aria-label="One event on"]').trigger('click');
    await wrapper.get('button[aria-label="One second on"]').trigger('click');
    await wrapper.get('select').setValue('0');
    const slider = wrapper.get('input[type="range"]');
    for (const time of [T0 + 10_000, T0 + 20_000]) {
      (slider.element as HTMLInputElement).value = String(time);
      await slider.trigger('input');
      await slider.trigger('change');
    }
    await waitFor(() => sent.length >= 5);
    expect(sent).toEqual([{ action: 'pause' }, { action: 'step', by: 'event' }, { action: 'step', by: 'second' }, { action: 'speed', speed: 0 }, { action: 'seek', time: T0 + 20_000 }]);
    wrapper.unmount();
  });
  it('moves first when play is pressed before the slider has settled', async () => {
    const { wrapper, sent } = bar(() => Promise.resolve(ok({ ...INFO, state: 'paused' as const })));
    await waitFor(() => wrapper.find('button[aria-label="Play"]').exists());
    const slider = wrapper.get('input[type="range"]');
    (slider.element as HTMLInputElement).value = String(T0);
    await slider.trigger('input');
    await slider.trigger('change');
    await wrapper.get('button[aria-label="Play"]').trigger('click');
    await waitFor(() => sent.length >= 2);
    expect(sent).toEqual([{ action: 'seek', time: T0 }, { action: 'play' }]);
    wrapper.unmount();
  });
  it('tells when the replay is gone, and leads back', async () => {
    const { wrapper } = bar(() => Promise.resolve(err({ code: 'not_found', words: 'There is nothing at this address' })));
    await waitFor(() => wrapper.text().includes('This replay was closed'));
    expect(wrapper.get('a').attributes('href')).toBe('http://h/replay');
    wrapper.unmount();
  });
});

describe('the line of the recorder', () => {
  const idle = { running: null, recent: { bytes: 3_000_000, ms: 540_000, events: 5 }, files: [], replays: [], most: 2, problem: '' };
  it('starts, stops and saves; and says why it cannot', async () => {
    const wrapper = mount(RecorderLine, { props: { answer: idle, busy: null } });
    expect(wrapper.text()).toContain('Not recording');
    expect(wrapper.text()).toContain('The last 9 min are kept (3.0 MB)');
    await wrapper.findAll('button')[0]?.trigger('click');
    await wrapper.setProps({ answer: { ...idle, running: { name: 'recordings/a.parquet', started: Date.now(), events: 12_000, written: 1_000_000 } } });
    await nextTick();
    expect(wrapper.text()).toMatch(/Recording for .*12,000 events/);
    await wrapper.findAll('button')[0]?.trigger('click');
    await wrapper.findAll('button')[1]?.trigger('click');
    expect(wrapper.emitted()).toMatchObject({ record: [['start'], ['stop']], report: [[]] });
    await wrapper.setProps({ answer: { ...idle, recent: null, problem: 'Nothing is stored here' } });
    expect(wrapper.text()).toContain('Nothing is stored here');
    expect(wrapper.findAll('button').every((button) => button.attributes('disabled') !== undefined)).toBe(true);
  });
});
