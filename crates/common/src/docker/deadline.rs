//! The limit of a call, in which the time that ssh takes to connect does not count.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

tokio::task_local! {
    /// Whether this call waits for a connection over ssh.
    static IS_CONNECTING: Arc<AtomicBool>;
}

/// Awaits a call within a limit in which the time that ssh takes to connect does not count: ssh has a limit of its own,
/// as it takes seconds where the host is far away or busy. `None` where the limit has passed.
pub(super) async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> Option<T> {
    let is_connecting = Arc::new(AtomicBool::new(false));
    let mut call = Box::pin(IS_CONNECTING.scope(Arc::clone(&is_connecting), call));
    let mut answer = tokio::time::timeout(limit, call.as_mut()).await;
    while answer.is_err() && is_connecting.load(Ordering::Relaxed) {
        answer = tokio::time::timeout(limit.max(Duration::from_secs(1)), call.as_mut()).await;
    }
    answer.ok()
}

/// Tells [`within`] that the call waits for a connection, as long as this lives.
pub(super) struct Connecting(Option<Arc<AtomicBool>>);

impl Connecting {
    pub(super) fn begin() -> Self {
        // Connections for later calls are made outside any call.
        let flag = IS_CONNECTING.try_with(Arc::clone).ok();
        if let Some(flag) = &flag {
            flag.store(true, Ordering::Relaxed);
        }
        Self(flag)
    }
}

impl Drop for Connecting {
    fn drop(&mut self) {
        if let Some(flag) = &self.0 {
            flag.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn connecting_does_not_count() {
        let call = |connect: u64, answer: u64| async move {
            let connecting = Connecting::begin();
            tokio::time::sleep(Duration::from_secs(connect)).await;
            drop(connecting);
            tokio::time::sleep(Duration::from_secs(answer)).await;
        };
        let limit = Duration::from_secs(3);
        assert_eq!(within(limit, call(0, 2)).await, Some(()));
        assert_eq!(within(limit, call(8, 0)).await, Some(()));
        assert_eq!(within(limit, call(8, 4)).await, None);
        assert_eq!(within(limit, call(0, 4)).await, None);
        // A limit that was used up elsewhere.
        assert_eq!(within(Duration::ZERO, call(8, 0)).await, Some(()));
    }
}
