//! Mappings that are offered, judged by what is known of a target without asking its other side.

use super::instances::Instances;
use crate::config::InstanceSettings;
use crate::model::{InstanceId, InstanceName};
use crate::targets::{MappingError, TargetContext, TargetMapping};

impl Instances {
    /// What of the mapping has no effect. A target that can't be made of its settings judges nothing: it says so itself.
    pub(super) async fn judge_offered_mapping(
        &self,
        target: InstanceId,
        mapping: &TargetMapping,
        kept: Option<&TargetMapping>,
    ) -> Result<Vec<String>, MappingError> {
        let Ok(context) = self.find_target(target).await else {
            return Ok(Vec::new());
        };
        mapping.check_fields(kept, |field| context.adapter.check_field(field))?;
        if let Some(own) = self.list_own_classes(&context) {
            mapping.check_classes(kept, &own)?;
        }
        let is_deletion_off = mapping.deletes_records() && !context.settings.delete_allowed;
        let warning = format!(
            "no record is deleted until delete_allowed is yes: intune-connector instances reconfigure {}",
            context.name
        );
        Ok(is_deletion_off.then_some(warning).into_iter().collect())
    }

    /// The classes that settings of instances make; `None`: they can't all be read.
    fn list_own_classes(&self, context: &TargetContext) -> Option<Vec<String>> {
        let names: Vec<InstanceName> = match &context.settings.instances {
            Some(names) => names.clone(),
            None => self.folder.list_instances().ok()?,
        };
        let read = |name: &InstanceName| -> Option<InstanceSettings> { self.folder.read_instance(name).ok() };
        let all: Vec<InstanceSettings> = names.iter().map(read).collect::<Option<_>>()?;
        let rules = all.iter().flat_map(|settings| &settings.devices.classes);
        Some(rules.map(|rule| rule.class.clone()).collect())
    }
}
