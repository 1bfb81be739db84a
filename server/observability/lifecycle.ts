/** `starting`: it is not yet known what feeds the server. `draining`: it is about to end and takes nobody new. */
export type Phase = 'starting' | 'running' | 'draining';

/** Where the process is in its life, for `/health`. */
export interface Lifecycle {
  phase: Phase;
}
export const createLifecycle = (): Lifecycle => ({ phase: 'starting' });
