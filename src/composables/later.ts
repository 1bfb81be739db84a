import { defineAsyncComponent, type AsyncComponentLoader, type Component } from 'vue';

/** Time until what could not be fetched is asked for again, ms. */
const AGAIN_MS = 2_000;

/** A component fetched when it is first shown. What was asked for while the server was away comes as soon as it is back. */
export const later = <C extends Component>(loader: AsyncComponentLoader<C>): C => defineAsyncComponent({ loader, onError: (_error, retry) => void setTimeout(retry, AGAIN_MS) });
