"""What pyproject.toml has no words for; everything else stands there.

The notebooks are part of the package, as `ppo_lesson/course`, without a second copy in git: that
folder is `notebooks/`. And an editable install places `data-files` too: `editable_wheel` of
setuptools asks the distribution for `has_data`, which is called `has_data_files`.
"""

from setuptools import Distribution, find_packages, setup

COURSE = "ppo_lesson.course"


class WithDataFiles(Distribution):
    """A distribution that answers by both names."""

    has_data = Distribution.has_data_files


setup(
    distclass=WithDataFiles,
    packages=[*find_packages(include=["ppo_lesson*"]), COURSE],
    package_dir={COURSE: "notebooks"},
)
