/** The home of this session: how full it is, what fills it, and the way out of the safe mode. */
export { HomeView } from './home';
export { homeWords } from './words';
