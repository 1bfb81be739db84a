import { onMounted, onScopeDispose, shallowRef, type Ref, type ShallowRef } from 'vue';

/** Is the element in the visible part of the page? Where that cannot be told: always. */
export function useInSight(element: Readonly<ShallowRef<HTMLElement | null>>): Readonly<Ref<boolean>> {
  const inSight = shallowRef(typeof IntersectionObserver === 'undefined');
  let observer: IntersectionObserver | null = null;
  onMounted(() => {
    if (typeof IntersectionObserver === 'undefined' || !element.value) return;
    observer = new IntersectionObserver((entries) => void (inSight.value = entries.at(-1)?.isIntersecting ?? false));
    observer.observe(element.value);
  });
  onScopeDispose(() => observer?.disconnect());
  return inSight;
}
