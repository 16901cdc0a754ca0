import Foundation
import Synchronization

/// Changes how the terminal hands over keys, and puts it back on every way out: return, `exit`, and signals that end the process.
enum TerminalMode {
    /// How keys arrive.
    enum Keys {
        /// Byte by byte, Ctrl-C and Ctrl-Z included.
        case raw
        /// Held back, not shown; Ctrl-C is a signal.
        case quiet
    }

    /// What the terminal was before, as the address of a `termios`; 0 while nothing is changed.
    private static let saved = Atomic<UInt>(0)
    private static let handlers: Void = {
        atexit { TerminalMode.restore() }
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE] {
            signal(number) { number in
                // Nothing but system calls here: a signal may come at any moment.
                TerminalMode.restore()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }()

    /// Sets how keys arrive from now on.
    ///
    /// - Returns: false if standard input is no terminal.
    @discardableResult static func set(_ keys: Keys) -> Bool {
        var now = termios()
        guard tcgetattr(STDIN_FILENO, &now) == 0 else { return false }
        if saved.load(ordering: .acquiring) == 0 {
            let before = UnsafeMutablePointer<termios>.allocate(capacity: 1)
            before.initialize(to: now)
            saved.store(UInt(bitPattern: before), ordering: .releasing)
            _ = handlers
        }
        now.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        now.c_lflag = keys == .raw ? now.c_lflag & ~tcflag_t(ISIG) : now.c_lflag | tcflag_t(ISIG)
        now.c_iflag &= ~tcflag_t(ICRNL | IXON)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &now) == 0 else { return false }
        write(keys == .raw ? pasteOn : pasteOff)
        return true
    }

    /// Puts the terminal back as it was; does nothing if it was not changed.
    static func restore() {
        let address = saved.exchange(0, ordering: .acquiringAndReleasing)
        guard let before = UnsafeMutablePointer<termios>(bitPattern: address) else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, before)
        write(pasteOff)
    }

    /// Puts the terminal back and stops the process until a person lets it go on (Ctrl-Z, `fg`).
    static func suspend() {
        restore()
        // Threads of a pool hold signals back.
        var stop = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTSTP)
        var before = sigset_t()
        pthread_sigmask(SIG_UNBLOCK, &stop, &before)
        raise(SIGTSTP)
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// Asks the terminal to mark what is pasted, so that its line breaks do not send it.
    private static let pasteOn: StaticString = "\u{1B}[?2004h"
    private static let pasteOff: StaticString = "\u{1B}[?2004l"

    private static func write(_ text: StaticString) {
        _ = Foundation.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
