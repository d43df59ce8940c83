DROP TABLE chart_templates;
DROP TABLE chart_drawings;
