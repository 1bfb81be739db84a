import { shallowRef, watchEffect, type ObjectDirective } from 'vue';

/**
 * `const vLive = useLive()` in a component gives its template `v-live="() => text"`: the text of an otherwise empty element, for what changes
 * with every price. Such texts are written into text nodes by one effect, and the component is not drawn anew: as virtual nodes the texts of a
 * table cost several times the writing. Each is read for its element's whole life, so it may read reactive values only.
 */
export function useLive(): ObjectDirective<Element, () => string> {
  const writers = new Map<Element, () => void>();
  const count = shallowRef(0);
  watchEffect(() => {
    void count.value;
    for (const write of writers.values()) write();
  });
  return {
    created(element, { value: text }) {
      const node = element.appendChild(document.createTextNode(''));
      let shown = '';
      const write = (): void => {
        const now = text();
        if (now !== shown) node.data = shown = now;
      };
      write();
      writers.set(element, write);
      count.value = writers.size;
    },
    unmounted(element) {
      writers.delete(element);
      count.value = writers.size;
    },
  };
}
