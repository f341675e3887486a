/** Our icons, in the theme's colours. */
import { LabIcon } from '@jupyterlab/ui-components';
import bench from '../../style/icons/bench.svg';
import clock from '../../style/icons/clock.svg';
import play from '../../style/icons/play.svg';
import tag from '../../style/icons/tag.svg';

export const benchIcon = new LabIcon({ name: 'notebench:bench', svgstr: bench });
export const runIcon = new LabIcon({ name: 'notebench:run', svgstr: play });
export const scheduleIcon = new LabIcon({ name: 'notebench:schedule', svgstr: clock });
export const tagIcon = new LabIcon({ name: 'notebench:tag', svgstr: tag });
