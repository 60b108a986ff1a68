//! Lists of links: pages, filters, counts, and that no list walks through rows that it does not show.

use super::*;

fn filter() -> TargetLinkFilter {
    TargetLinkFilter {
        target: TARGET,
        limit: 100,
        ..TargetLinkFilter::default()
    }
}

impl Bench {
    /// The devices of the page, and how many match.
    async fn list(&self, filter: TargetLinkFilter) -> (Vec<TargetKey>, u64) {
        let (rows, total) = self.store.list_target_links(filter.clone()).await.unwrap();
        let page = self.store.list_target_link_page(filter).await.unwrap();
        assert_eq!(page, rows);
        (rows.iter().map(TargetLinkRow::key).collect(), total)
    }
}

#[tokio::test]
async fn pages_of_any_filter_have_each_link_once_in_the_same_order() {
    let bench = bench();
    bench.create(1..8).await;
    let adopted = |instance, number| {
        let mut one = written(number, None);
        (one.instance, one.origin) = (instance, LinkOrigin::Adopted);
        one
    };
    let more = vec![adopted(FABRIKAM, 1), adopted(FABRIKAM, 2), adopted(CONTOSO, 8)];
    bench.write(None, more).await;
    let gone = bench.store.set_target_link_phase(TARGET, key(2), LinkPhase::Gone);
    assert!(gone.await.unwrap());
    let failing = vec![(key(3), Some(problem("refused"))), (key(5), Some(problem("refused")))];
    bench.store.set_target_link_errors(TARGET, failing).await.unwrap();
    let filters = [
        (filter(), 10),
        (
            TargetLinkFilter {
                instance: Some(CONTOSO),
                ..filter()
            },
            8,
        ),
        (
            TargetLinkFilter {
                instances: Some(vec![FABRIKAM]),
                ..filter()
            },
            2,
        ),
        (
            TargetLinkFilter {
                instances: Some(Vec::new()),
                ..filter()
            },
            0,
        ),
        (
            TargetLinkFilter {
                phase: Some(LinkPhase::Active),
                ..filter()
            },
            9,
        ),
        (
            TargetLinkFilter {
                phase: Some(LinkPhase::Active),
                origin: Some(LinkOrigin::Adopted),
                ..filter()
            },
            3,
        ),
        (
            TargetLinkFilter {
                origin: Some(LinkOrigin::Created),
                ..filter()
            },
            7,
        ),
        (
            TargetLinkFilter {
                with_error: true,
                ..filter()
            },
            2,
        ),
        (
            TargetLinkFilter {
                search: Some("pc-".to_owned()),
                instance: Some(FABRIKAM),
                ..filter()
            },
            2,
        ),
        (
            TargetLinkFilter {
                search: Some("SN0003".to_owned()),
                with_error: true,
                phase: Some(LinkPhase::Active),
                ..filter()
            },
            1,
        ),
        (
            TargetLinkFilter {
                search: Some("record-8".to_owned()),
                origin: Some(LinkOrigin::Adopted),
                ..filter()
            },
            1,
        ),
        (
            TargetLinkFilter {
                search: Some("nobody".to_owned()),
                ..filter()
            },
            0,
        ),
    ];
    for (wanted, count) in filters {
        let (all, total) = bench.list(wanted.clone()).await;
        assert_eq!((all.len() as u64, total), (count, count), "{wanted:?}");
        assert!(all.is_sorted(), "{wanted:?}");
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = TargetLinkFilter {
                after,
                limit: 2,
                ..wanted.clone()
            };
            let (keys, total) = bench.list(page).await;
            assert_eq!(total, count, "{wanted:?}");
            let Some(last) = keys.last() else { break };
            after = Some(*last);
            paged.extend(keys);
        }
        assert_eq!(paged, all, "{wanted:?}");
    }
    let counts = bench.store.count_target(TARGET).await.unwrap();
    let expected = TargetCounts {
        linked: 9,
        created: 6,
        adopted: 3,
        gone: 1,
        failing: 2,
        ..TargetCounts::default()
    };
    assert_eq!(counts, expected);
    assert_eq!(
        bench.store.count_target(OTHER_TARGET).await.unwrap(),
        TargetCounts::default()
    );
}

#[tokio::test]
async fn behind_a_device_of_another_instance_an_instance_begins_or_has_ended() {
    let bench = bench();
    let mut other = written(1, None);
    other.instance = FABRIKAM;
    bench.write(None, vec![written(1, None), other]).await;
    let behind = |instance, after| {
        bench.list(TargetLinkFilter {
            instance: Some(instance),
            after: Some(after),
            ..filter()
        })
    };
    assert_eq!(behind(FABRIKAM, key(9)).await, (vec![(FABRIKAM, device(1))], 1));
    assert_eq!(behind(CONTOSO, (FABRIKAM, device(0))).await, (Vec::new(), 1));
}

#[tokio::test]
async fn no_list_of_links_sorts_or_walks_through_all_of_them() {
    let bench = bench();
    let questions = [
        "SELECT known FROM target_link WHERE target = 3 AND (instance, device) > (1, x'00')
             ORDER BY instance, device LIMIT 10",
        "SELECT known FROM target_link INDEXED BY target_link_by_phase WHERE target = 3 AND phase = 'active'
             AND (instance, device) > (1, x'00') ORDER BY instance, device LIMIT 10",
        "SELECT known FROM target_link INDEXED BY target_link_by_text WHERE target = 3 AND instr(search_text, 'a') > 0
             AND (instance, device) > (1, x'00') ORDER BY instance, device LIMIT 10",
        "SELECT known FROM target_link INDEXED BY target_link_failing WHERE target = 3 AND last_error IS NOT NULL
             AND (instance, device) > (1, x'00') ORDER BY instance, device LIMIT 10",
        "SELECT known FROM target_link INDEXED BY target_link_by_record WHERE target = 3 AND record = 'a'
             AND record <> '' ORDER BY instance, device",
        "SELECT known FROM target_link WHERE target = 3 AND instance = 1 AND device > x'00' AND snapshot < 4
             ORDER BY device LIMIT 10",
    ];
    for question in questions {
        let plan = bench.store.read(move |connection| {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {question}"))?;
            let steps = statement.query_map([], |row| row.get::<_, String>("detail"))?;
            Ok(steps.collect::<Result<Vec<_>, _>>()?)
        });
        let plan = plan.await.unwrap().join("\n");
        assert!(plan.starts_with("SEARCH target_link"), "{question}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{question}: {plan}");
    }
}
