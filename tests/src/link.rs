//! A network of the test's own: a relay for TCP that can be cut without anybody being told, as a network that fails.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A relay to one address. What is sent while it is cut arrives when it is mended.
#[derive(Debug)]
pub struct Link {
    /// Where it listens. Its threads end with the test's process.
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_cut: Mutex<bool>,
    mended: Condvar,
}

impl State {
    fn set(&self, is_cut: bool) {
        *self.is_cut.lock().unwrap_or_else(PoisonError::into_inner) = is_cut;
        self.mended.notify_all();
    }

    fn wait_until_mended(&self) {
        let guard = self.is_cut.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.mended.wait_while(guard, |is_cut| *is_cut));
    }
}

impl Link {
    /// Starts to pass on to `HOST:PORT`.
    ///
    /// # Panics
    /// When it cannot listen.
    pub fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be bound");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State::default());
        let (target, served) = (target.to_owned(), Arc::clone(&state));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (target, state) = (target.clone(), Arc::clone(&served));
                std::thread::spawn(move || connect(&client, &target, &state));
            }
        });
        Self { address, state }
    }

    /// From now on nothing gets through.
    pub fn cut(&self) {
        self.state.set(true);
    }

    /// Passes on again, what was held back first.
    pub fn mend(&self) {
        self.state.set(false);
    }
}

fn connect(client: &TcpStream, target: &str, state: &Arc<State>) -> io::Result<()> {
    state.wait_until_mended();
    let server = TcpStream::connect(target)?;
    let (from, to, same) = (server.try_clone()?, client.try_clone()?, Arc::clone(state));
    std::thread::spawn(move || pass_on(&from, &to, &same));
    pass_on(client, &server, state)
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream, state: &State) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        state.wait_until_mended();
        if count == 0 {
            return to.shutdown(Shutdown::Write);
        }
        to.write_all(&buffer[..count])?;
    }
}
