import './uplot.css';
import './base.css';
