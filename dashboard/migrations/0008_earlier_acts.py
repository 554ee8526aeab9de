# The present word of everything that was said before acts were kept becomes an act, with
# its own who and when. What it replaced then is not known any more.

from django.db import migrations

COLUMNS = "at, by, project_id, kind, about, name, before, after"
SAID = """
SELECT c.at, c.by, p.id, 'branch', p.id, p.name, '{}'::jsonb,
    jsonb_build_object('branch', c.default_branch)
FROM dashboard_projectchoice c JOIN ingest_project p ON p.id = c.project_id
WHERE c.default_branch <> ''
UNION ALL
SELECT c.at, c.by, one.project_id, 'alias', one.id, one.name, '{}',
    jsonb_build_object('counts_as', other.name)
FROM dashboard_configurationchoice c
JOIN ingest_configuration one ON one.id = c.configuration_id
JOIN ingest_configuration other ON other.id = one.alias_of_id
UNION ALL
SELECT j.at, j.by, r.project_id, 'judgement', r.id, r.name, '{}',
    jsonb_build_object('verdict', j.verdict, 'reason', j.reason)
FROM dashboard_runjudgement j JOIN ingest_run r ON r.id = j.run_id
UNION ALL
SELECT n.at, n.by, c.project_id, 'note', c.id, c.name, '{}',
    jsonb_strip_nulls(jsonb_build_object('owner', nullif(n.owner, ''),
        'issue_url', nullif(n.issue_url, ''), 'text', nullif(n.text, '')))
FROM dashboard_casenote n JOIN ingest_case c ON c.id = n.case_id
UNION ALL
SELECT m.at, m.by, c.project_id, 'mute', c.id, c.name, '{}',
    jsonb_build_object('reason', m.reason, 'until',
        to_char(m.until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'))
FROM dashboard_mute m JOIN ingest_case c ON c.id = m.case_id
UNION ALL
SELECT g.at, g.by, c.project_id, 'same', c.id, c.name, '{}',
    jsonb_build_object('with', (
        SELECT jsonb_agg(jsonb_build_object('case', other.id, 'name', other.name,
            'project', p.name) ORDER BY other.id)
        FROM dashboard_groupedcase og
        JOIN ingest_case other ON other.id = og.case_id
        JOIN ingest_project p ON p.id = other.project_id
        WHERE og.group_id = g.group_id AND og.case_id <> g.case_id))
FROM dashboard_groupedcase g JOIN ingest_case c ON c.id = g.case_id
WHERE (SELECT count(*) FROM dashboard_groupedcase og
    WHERE og.group_id = g.group_id) > 1
UNION ALL
SELECT o.at, o.by, c.project_id, 'apart', c.id, c.name, '{}',
    jsonb_build_object('case', other.id, 'name', other.name, 'project', p.name)
FROM dashboard_othercase o
JOIN ingest_case c ON c.id IN (o.first_id, o.second_id)
JOIN ingest_case other ON other.id = o.first_id + o.second_id - c.id
JOIN ingest_project p ON p.id = other.project_id
UNION ALL
SELECT l.at, l.by, m.project_id,
    CASE WHEN EXISTS (SELECT FROM ingest_milestonemember other
        WHERE other.milestone_id = s.id AND other.id <> m.id)
    THEN 'join' ELSE 'split' END,
    m.id, m.name, '{}', jsonb_build_object('milestone', s.id, 'name', s.name)
FROM dashboard_milestoneplacement l
JOIN ingest_milestonemember m ON m.id = l.member_id
JOIN ingest_milestone s ON s.id = m.milestone_id
"""
# Going back takes away no act, so that coming again must not say all a second time.
KEEP = f"""
INSERT INTO dashboard_act ({COLUMNS})
SELECT * FROM ({SAID}) AS said ({COLUMNS})
WHERE NOT EXISTS (SELECT FROM dashboard_act)
ORDER BY at
"""


class Migration(migrations.Migration):
    dependencies = [("dashboard", "0007_acts")]

    operations = [migrations.RunSQL(KEEP, migrations.RunSQL.noop)]
