/** The plugins of the JupyterLab extension. */
import { homePlugin } from './home';
import { notebookPlugin } from './notebook';
import { outputsPlugin } from './outputs';
import { workbenchPlugin } from './plugin';
import { statusPlugin } from './status';

export default [workbenchPlugin, notebookPlugin, outputsPlugin, statusPlugin, homePlugin];
