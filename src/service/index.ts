/** The client service and SDK. The only door: nobody imports past this file. */
export type { AccessApi } from './access';
export type { Answer, Api, ApiFailure } from './api';
export { createClient, type Client, type ClientOptions } from './client';
export type { Credential } from './credential';
export { pageEnvironment } from './environment';
export type { ReplayApi } from './replays';
export type { CachedPrice, PriceListener } from './priceCache';
export { streamUrl } from './streamOptions';
export type { ActivityNote, BookChange, ChangeFamily, ChangeOf, ChannelChange, ClientEvents, Clock, Environment, EnvironmentEvent, FetchLike, StreamState, StreamStatus, Timers, WebSocketConstructor, WebSocketLike } from './types';
