import { computed, onScopeDispose, shallowRef, type ComputedRef } from 'vue';
import { useSettingsStore } from '@/stores/settings';

/** true when nothing may move: by the user's setting, or by the system when the setting follows it. */
export function useReducedMotion(window: Pick<Window, 'matchMedia'> = globalThis.window): ComputedRef<boolean> {
  const settings = useSettingsStore();
  const query = window.matchMedia('(prefers-reduced-motion: reduce)');
  const system = shallowRef(query.matches);
  const update = (): void => void (system.value = query.matches);
  query.addEventListener('change', update);
  onScopeDispose(() => query.removeEventListener('change', update));
  return computed(() => settings.motion === 'reduced' || (settings.motion === 'system' && system.value));
}
