import { onMounted, onScopeDispose, shallowRef, type ShallowRef } from 'vue';

/** Size and scroll place of the scrolling box, px. Before it is laid out: a usual desktop size. */
export function useViewport(box: Readonly<ShallowRef<HTMLElement | null>>) {
  const width = shallowRef(1_200);
  const height = shallowRef(720);
  const scrollTop = shallowRef(0);
  let observer: ResizeObserver | null = null;

  const measure = (): void => {
    width.value = box.value?.clientWidth || width.value;
    height.value = box.value?.clientHeight || height.value;
  };
  const onScroll = (): void => void (scrollTop.value = box.value?.scrollTop ?? 0);
  onMounted(() => {
    measure();
    observer = new ResizeObserver(measure);
    if (box.value) observer.observe(box.value);
  });
  onScopeDispose(() => observer?.disconnect());

  return { width, height, scrollTop, onScroll };
}
