//! Taking away an account's right to read an instance takes its servers out of that instance's audience, and they are
//! told that every device has gone. So it shows the count first, as any other way to that does (F7). An account that is
//! disabled is told nothing: it can't sign in, and once it can again it goes on where it was.

use crate::inventory::audience::is_losing_instance;
use crate::model::ConfirmableEffect;
use crate::sics::Sics;
use crate::sics::extract::ConfirmQuery;
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
    let what = "its servers may not read these devices any more, and are told that they have gone";
    confirm.require_confirmed(&ConfirmableEffect::from_content(what, count, &lost))
}
