import Foundation
import Hone

/// The models of a chat: the one that was named, and what it is compared with.
struct ChatModels {
    private let location: ModelLocation
    private let loading: LoadingOptions
    private let template: String?
    private let other: (location: ModelLocation, writer: Writer)?
    private let writer: Writer
    private var base: Writer?

    /// Loads the model, and with `other` a second one.
    init(_ location: ModelLocation, with other: ModelLocation?, _ loading: LoadingOptions, template: String?) async throws {
        (self.location, self.loading, self.template) = (location, loading, template)
        writer = try await Writer(
            location.artifact(base: loading.base), template: template, precision: loading.precision, threads: loading.threads)
        if let other {
            let writer = try await Writer(other.artifact(), template: template, precision: loading.precision, threads: loading.threads)
            self.other = (other, writer)
        } else {
            self.other = nil
        }
    }

    /// The model that was named.
    var first: Writer { writer }

    /// What a session may offer.
    func abilities() async throws -> ChatSession.Abilities {
        let facts = writer.artifact.facts
        let hasBase = try await writer.hasAdapter || !facts.basePath.isEmpty
        return ChatSession.Abilities(
            input: try await writer.input, hasAdapter: try await writer.hasAdapter && other == nil,
            cannotCompare: other != nil || hasBase
                ? nil : "\(location.name) was not tuned from another model that is known here. Name one with --with.")
    }

    /// Loads what is compared with, where it is not there yet: an adapter's base is the same model with the adapter off.
    mutating func prepareSecond() async throws {
        guard other == nil, base == nil, try await !writer.hasAdapter else { return }
        base = try await Writer(
            writer.artifact.untuned(), template: template, precision: loading.precision, threads: loading.threads)
    }

    /// What a voice is called.
    func name(_ voice: ChatSession.Voice) -> String {
        switch voice {
        case .first: other == nil ? "tuned" : location.name
        case .second: other?.location.name ?? "base"
        }
    }

    /// The model that speaks with a voice, ready for it.
    func writer(_ voice: ChatSession.Voice) async throws -> Writer {
        if let other { return voice == .first ? writer : other.writer }
        if let base { return voice == .first ? writer : base }
        if try await writer.hasAdapter { try await writer.setAdapter(voice == .first) }
        return writer
    }
}

/// An answer of one voice.
struct ChatAnswer {
    var voice: ChatSession.Voice
    var answer: WrittenAnswer
    /// Messages that did not fit into the model's context any more.
    var dropped: Int
}

extension ChatModels {
    /// Lets a voice answer the session's last message.
    ///
    /// - Parameter onDrop: hears how many messages are left out, before the answer begins.
    func answer(
        _ session: ChatSession, by voice: ChatSession.Voice, onDrop: (Int) -> Void, onText: @Sendable @escaping (String) -> Bool
    ) async throws -> ChatAnswer {
        let writer = try await writer(voice)
        let settings = session.currentSettings
        let (messages, dropped) = try await writer.fitting(session.messages(for: voice), answer: settings.maximumTokens)
        if dropped > 0 { onDrop(dropped) }
        let answer = try await writer.chat(messages, settings: settings, onText: onText)
        return ChatAnswer(voice: voice, answer: answer, dropped: dropped)
    }
}
