"""The kinds of steps that come with the server, on the same contract as strangers'."""

from fabula.features.generation.pipelines.answering import Answer
from fabula.features.generation.pipelines.asking import Ask
from fabula.features.generation.pipelines.kinds import StepKinds
from fabula.features.generation.pipelines.recalling import Recall
from fabula.features.generation.pipelines.replacing import Replace
from fabula.features.generation.pipelines.setting import SetVariables
from fabula.features.generation.pipelines.trimming import Trim
from fabula.plugins import Plugin


def own_plugin() -> Plugin:
    """The first of the plugins, see `fabula.plugins.find_plugins`."""
    return Plugin((SetVariables(), Ask(), Recall(), Answer(), Replace(), Trim()))


def built_in() -> StepKinds:
    """A registry of nothing else."""
    return StepKinds(own_plugin().steps)
