public import ArgumentParser
public import Hone
public import HoneData

// Choices of the library that options take by their names.

extension Recipe.Precision: ExpressibleByArgument {}
extension ExampleFormat: ExpressibleByArgument {}
extension TooLongPolicy: ExpressibleByArgument {}
extension TaskName: ExpressibleByArgument {}
