//! Removing an account's right to read an instance takes its servers out of that instance's audience, and they receive
//! every device as gone. So the count is shown first, as in every other such case (F7). An account that is disabled
//! receives nothing: it cannot sign in, and once it can again it continues where it was.

use crate::contract::ConfirmQuery;
use crate::inventory::audience::is_losing_instance;
use crate::model::ConfirmableEffect;
use crate::sics::Sics;
use crate::sics::extract::require_confirmed;
use crate::sics::problem::ApiProblem;
use crate::store::OperatorRow;

/// Lets a change of accounts through that takes no device from any server, or whose count was confirmed. `change` makes
/// of each account what it is to be.
pub(crate) async fn require_confirmed_loss(
    sics: &Sics,
    confirm: &ConfirmQuery,
    change: impl Fn(&mut OperatorRow),
) -> Result<(), ApiProblem> {
    let store = sics.store();
    let (servers, instances) = (store.list_servers().await?, store.list_instances().await?);
    let (mut count, mut lost) = (0, Vec::new());
    for before in store.list_operators().await? {
        let mut after = before.clone();
        change(&mut after);
        for server in servers.iter().filter(|server| server.owner == before.id) {
            for instance in instances
                .iter()
                .filter(|instance| is_losing_instance(server, &before, &after, instance))
            {
                let share = store.count_devices(instance.id).await?;
                lost.push((server.id.clone(), instance.id, share));
                count += share;
            }
        }
    }
    let what = "its servers may no longer read these devices, and receive them as gone";
    require_confirmed(confirm, &ConfirmableEffect::from_content(what, count, &lost))
}
