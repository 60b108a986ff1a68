//! How lists of jobs and of the audit trail are filtered and sorted without a look at every row. The rows of the trail stay
//! as they are: an index is beside them.

pub(crate) const LISTS: &str = "
CREATE INDEX job_by_instance ON job(instance, id);
CREATE INDEX job_by_verb ON job(verb, id);
CREATE INDEX job_by_approval ON job(approval, id);
CREATE INDEX job_by_time ON job(created_at, id);
CREATE INDEX task_by_state ON task(state, job);
CREATE INDEX audit_by_time ON audit(at, id);
CREATE INDEX audit_by_actor ON audit(actor COLLATE NOCASE, id);
CREATE INDEX audit_by_action ON audit(action, id);
";
