//! Who may write.

use std::time::Duration;

use slipway_store::Error;
use tokio::task::JoinSet;

use crate::world::{Story, TTL, World, id, normal_task, request};

#[tokio::test]
async fn nobody_takes_the_lead_from_a_leader_that_renews_and_a_resigned_one_is_followed_at_once() {
    let world = World::new().await;
    let store = &world.store;
    assert_eq!(store.take_lead(id(), "other", TTL).await.unwrap(), None);
    assert!(store.renew(&world.term).await.unwrap());
    let leader = store.leader().await.unwrap().unwrap();
    assert_eq!((leader.term, leader.name.as_str()), (world.term.number(), "test"));

    store.resign(&world.term).await.unwrap();
    assert_eq!(store.leader().await.unwrap(), None);
    assert!(!store.renew(&world.term).await.unwrap());
    let next = store.take_lead(id(), "other", TTL).await.unwrap().unwrap();
    assert!(next.number() > world.term.number());
    store.resign(&world.term).await.unwrap();
    assert!(store.renew(&next).await.unwrap(), "an old leader cannot end another's term");
}

#[tokio::test]
async fn a_leader_that_is_silent_for_longer_than_its_time_is_followed_and_cannot_write_any_more() {
    let world = World::new().await;
    let next = world.store.take_lead(id(), "other", Duration::ZERO).await.unwrap().unwrap();
    let error = world.store.begin(&world.term).await.unwrap_err();
    assert!(matches!(error, Error::NotLeader { term } if term == world.term.number()));
    assert!(!error.is_retryable());
    assert!(!world.store.renew(&world.term).await.unwrap());
    world.store.begin(&next).await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_new_term_waits_for_the_open_tick_of_the_old_one_and_then_sees_what_it_wrote() {
    let world = World::new().await;
    let task = normal_task();
    let mut tick = world.tick().await;
    tick.accept(&[request(&task)]).await.unwrap();

    let mut others = JoinSet::new();
    let store = world.store.clone();
    others.spawn(async move {
        let term = store.take_lead(id(), "other", Duration::ZERO).await.unwrap().unwrap();
        (term, store.task(task.id).await.unwrap())
    });
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while world.number(waiting).await == 0 {
        assert!(others.try_join_next().is_none(), "the new term began while a tick of the old one was open");
        tokio::task::yield_now().await;
    }
    tick.commit().await.unwrap();
    let (term, seen) = others.join_next().await.unwrap().unwrap();
    assert!(seen.is_some(), "what the old term committed was there before the new one began");
    assert!(matches!(world.store.begin(&world.term).await, Err(Error::NotLeader { .. })));
    world.store.begin(&term).await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn a_leader_that_stops_within_a_tick_holds_up_nobody_for_long_and_loses_the_tick() {
    let world = World::new().await;
    let task = normal_task();
    let mut tick = world.tick().await;
    tick.accept(&[request(&task)]).await.unwrap();
    // The server ends the silent transaction after 5 s; the statement's own limit is longer.
    world.store.take_lead(id(), "other", Duration::ZERO).await.unwrap().unwrap();
    assert!(tick.commit().await.unwrap_err().is_retryable());
    assert_eq!(world.store.task(task.id).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_terms_only_the_later_one_commits_however_their_ticks_meet() {
    let world = World::new().await;
    let mut term = world.term.clone();
    for _ in 0..10 {
        let task = normal_task();
        let (store, old) = (world.store.clone(), term.clone());
        let mut others = JoinSet::new();
        let request = request(&task);
        others.spawn(async move {
            let mut tick = store.begin(&old).await?;
            tick.accept(&[request]).await?;
            tick.commit().await
        });
        let next = world.store.take_lead(id(), "other", Duration::ZERO).await.unwrap().unwrap();
        let seen = world.store.task(task.id).await.unwrap().is_some();
        let wrote = others.join_next().await.unwrap().unwrap();
        // What the old term wrote was there when the new one began, or was never written.
        match wrote {
            Ok(()) => assert!(seen),
            Err(error) => {
                assert!(matches!(error, Error::NotLeader { .. }), "{error:?}");
                assert_eq!(world.store.task(task.id).await.unwrap(), None);
            }
        }
        term = next;
    }
}

#[tokio::test]
async fn a_tick_whose_connection_breaks_leaves_nothing_and_the_same_tick_again_goes_well() {
    let world = World::new().await;
    let task = normal_task();
    world.accept(&request(&task)).await;
    let story = Story::new(&world.definition, &task);
    let mut tick = world.tick().await;
    story.keep(&mut tick, None).await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE application_name = 'slipway-tests' AND datname = current_database()";
    assert!(world.number(kill).await > 0);
    let error = tick.commit().await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("store.down", true));

    let ids: Vec<_> = story.events.iter().map(|(event, _)| event.id).collect();
    let mut tick = loop {
        match world.store.begin(&world.term).await {
            Ok(tick) => break tick,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    };
    assert!(tick.seen(&ids).await.unwrap().is_empty());
    story.keep(&mut tick, None).await;
    tick.commit().await.unwrap();
    assert_eq!(world.store.run(task.id).await.unwrap(), Some(story.run));
}
