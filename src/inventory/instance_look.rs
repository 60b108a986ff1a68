//! What the loop of an instance knows of it from the store: its row, and for whom its devices are read. The loop looks with every tick;
//! read anew is it only where something was written since that may concern the instance.

use super::instance_scanner::InstanceScanner;
use super::scan_error::ScanError;
use crate::store::{InstanceRow, WriteMark};

#[derive(Default)]
pub(super) struct InstanceLook(Option<(WriteMark, InstanceRow)>);

impl InstanceLook {
    /// The row as it is; the scanner follows the audience ([`InstanceScanner::apply_audience`]). Where that fails, the next look
    /// tries it again.
    pub(super) async fn read_instance(&mut self, scanner: &mut InstanceScanner) -> Result<InstanceRow, ScanError> {
        let mark = scanner.store.read_write_mark(scanner.instance);
        if let Some((seen, row)) = &self.0
            && *seen == mark
        {
            return Ok(row.clone());
        }
        scanner.apply_audience().await?;
        let row = scanner.store.load_instance(scanner.instance).await?;
        self.0 = Some((mark, row.clone()));
        Ok(row)
    }
}
