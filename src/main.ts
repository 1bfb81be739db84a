import '@/styles/index.css';
import { start } from '@/app/start';

// Signing in needs nothing of the app.
void (location.pathname.endsWith('/login') ? import('@/app/door').then(({ startSignIn }) => startSignIn('#app')) : start('#app'));
